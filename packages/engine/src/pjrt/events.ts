/** Waiting for the device. */
import { destroyNow } from "./handles";
import { call, callAsync, type PjrtApi } from "./library";

/*
 * PJRT tells that something is done through events. There are three ways to wait for one from Node:
 * a callback (`Event_OnReady`) arrives on one of the device's own threads, which then stands still until JavaScript's
 * event loop turns, and for good if JavaScript itself waits; polling (`Event_IsReady`) burns the core that it polls on;
 * `Event_Await` on a worker thread costs one sleeping thread and can neither block the device nor deadlock. This file uses the third.
 */

/** Waits on another thread until the event has happened, then frees it. Rejects with the error that it carries. */
export async function eventHappened(api: PjrtApi, event: bigint, what: string): Promise<void> {
  try {
    await callAsync(api, "Event_Await", { event }, what);
  } finally {
    destroyNow(api, "event", event);
  }
}

/** Waits right here: nothing else runs in this process's JavaScript meanwhile. */
export function waitForEvent(api: PjrtApi, event: bigint, what: string): void {
  try {
    call(api, "Event_Await", { event }, what);
  } finally {
    destroyNow(api, "event", event);
  }
}
