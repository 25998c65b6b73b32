import { describe, expect, test } from "vitest";
import { attemptOf, checkpointOf, monitorOf } from "./test-jobs.ts";
import { timelineOf } from "./timeline.ts";

const kinds = (monitor: Parameters<typeof timelineOf>[0]) => timelineOf(monitor).map((one) => one.kind);

describe("the timeline of a job", () => {
  test("begins with its creation, and has the newest on top", () => {
    const monitor = monitorOf({
      status: "COMPLETED",
      completedAt: "2026-11-22T12:01:00Z",
      attempts: [
        attemptOf({
          status: "COMPLETED",
          cause: "COMPLETED",
          startedAt: "2026-11-22T12:00:10Z",
          endedAt: "2026-11-22T12:01:00Z",
        }),
      ],
    });
    expect(kinds(monitor)).toEqual(["completed", "attemptEnded", "started", "assigned", "created"]);
  });

  test("tells of a hand-over: what was lost, what was saved, where it goes on", () => {
    const checkpoint = checkpointOf({ takenAt: "2026-11-22T12:00:20Z" });
    const monitor = monitorOf({
      attempts: [
        attemptOf({
          status: "LOST",
          cause: "PROVIDER_LOST",
          startedAt: "2026-11-22T12:00:10Z",
          endedAt: "2026-11-22T12:00:30Z",
        }),
        attemptOf({
          number: 2,
          createdAt: "2026-11-22T12:00:31Z",
          startedAt: "2026-11-22T12:00:33Z",
          resumedFrom: checkpoint.id,
        }),
      ],
      checkpoints: [checkpoint],
    });
    expect(kinds(monitor)).toEqual([
      "resumed",
      "assigned",
      "attemptEnded",
      "checkpoint",
      "started",
      "assigned",
      "created",
    ]);
    expect(timelineOf(monitor)[2]).toMatchObject({ attempt: 1, cause: "PROVIDER_LOST" });
  });

  test("says why nothing took it", () => {
    const monitor = monitorOf({ status: "PENDING", unassignableSince: "2026-11-22T12:00:05Z", summary: "no machine" });
    expect(timelineOf(monitor)[0]).toMatchObject({ kind: "waits", detail: "no machine" });
  });
});
