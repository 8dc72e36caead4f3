/** Waits for the device. */
import { destroyNow } from "./handles";
import { call, callAsync, type PjrtApi } from "./library";

/*
 * PJRT tells that something is done through events. There are three ways to wait for one from Node:
 * a callback (`Event_OnReady`) arrives on one of the device's own threads, which then stands still until JavaScript's
 * event loop turns, and for good if JavaScript itself waits; polling (`Event_IsReady`) burns the core that it polls on;
 * `Event_Await` on a worker thread costs one sleeping thread and can neither block the device nor deadlock. This file uses the third.
 */

/** Waits on another thread for the event, then frees it. Rejects with the error of the event. */
export async function eventHappened(api: PjrtApi, event: bigint, what: string): Promise<void> {
  try {
    await callAsync(api, "Event_Await", { event }, what);
  } finally {
    destroyNow(api, "event", event);
  }
}

/** Waits for the event, then frees it. Blocks the event loop. */
export function waitForEvent(api: PjrtApi, event: bigint, what: string): void {
  try {
    call(api, "Event_Await", { event }, what);
  } finally {
    destroyNow(api, "event", event);
  }
}
