import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOurs, startPeer } from "./contestant";
import { findPeer, peerEnvironment, peerProgram } from "./peer";
import { type RaceOptions, type RaceOutcome, raceFiles } from "./race";

/** The result of one seed. */
export interface RaceResult {
  readonly seed: number;
  readonly ours: RaceOutcome;
  readonly peer?: RaceOutcome;
  /** Reason why the peer is missing. */
  readonly problem?: string;
}

/** One race: we train to the target, then the peer from the same weights on the same batches. */
export async function raceSeed(options: RaceOptions): Promise<RaceResult> {
  const folder = mkdtempSync(join(tmpdir(), "trm-race-"));
  try {
    const contestant = await startOurs({ kind: "race", folder, ...options });
    const ours = (await contestant.ask({})) as unknown as RaceOutcome;
    await contestant.close();
    return { seed: options.seed, ours, ...(await racePeer(folder)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function racePeer(folder: string): Promise<Pick<RaceResult, "peer" | "problem">> {
  const search = findPeer();
  if ("missing" in search) return { problem: search.missing };
  const files = [raceFiles.settings, raceFiles.data].map((file) => join(folder, file));
  try {
    // It says one thing: how it ended.
    const { ready } = await startPeer(
      search.python,
      [peerProgram("peer_race.py"), ...files],
      peerEnvironment(),
    );
    return { peer: ready as unknown as RaceOutcome };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
