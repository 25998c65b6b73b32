import { beforeEach, describe, expect, test } from "vitest";
import type { LiveEvent } from "./frames.ts";
import { Live, type Socket } from "./live.ts";

class FakeSocket extends EventTarget implements Socket {
  sent: unknown[] = [];
  reconnects = 0;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  reconnect(): void {
    this.reconnects += 1;
  }

  hear(frame: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  /** The connection breaks and comes back. */
  break(): void {
    this.sent = [];
    this.dispatchEvent(new Event("close"));
    this.hear({ type: "ready" });
  }
}

let socket: FakeSocket;
let live: Live;

beforeEach(() => {
  socket = new FakeSocket();
  live = new Live(() => socket);
});

function openWith(...topics: string[]): void {
  for (const topic of topics) live.watch(topic);
  socket.hear({ type: "ready" });
}

describe("topics", () => {
  test("are asked for in one frame once the platform is ready", () => {
    openWith("marketplace", "job:1");
    expect(socket.sent).toEqual([{ type: "subscribe", topics: ["marketplace", "job:1"] }]);
  });

  test("are asked for once, however many watch them, and given up with the last", () => {
    openWith("marketplace");
    const stops = [live.watch("job:1"), live.watch("job:1")];
    stops.forEach((stop) => stop());
    expect(socket.sent.slice(1)).toEqual([{ type: "subscribe:job:1" }, { type: "unsubscribe:job:1" }]);
  });
});

describe("events", () => {
  test("reach who listens, and nobody after that", () => {
    const seen: LiveEvent[] = [];
    const stop = live.onEvent((event) => seen.push(event));
    openWith("marketplace");
    socket.hear({ id: "5-1", type: "MARKETPLACE_UPDATE", data: { change: "offer" } });
    stop();
    socket.hear({ id: "5-2", type: "MARKETPLACE_UPDATE", data: { change: "offer" } });
    expect(seen.map((event) => event.id)).toEqual(["5-1"]);
  });

  test("of a kind that is not known yet are passed over", () => {
    openWith("marketplace");
    expect(() => socket.hear({ id: "5-1", type: "SOMETHING_NEW", data: {} })).not.toThrow();
  });
});

describe("a lost connection", () => {
  test("goes on after the last event that was seen", () => {
    openWith("marketplace");
    socket.hear({ id: "5-1", type: "MARKETPLACE_UPDATE", data: {} });
    socket.break();
    expect(socket.sent).toEqual([{ type: "subscribe", topics: ["marketplace"], since: "5-1" }]);
  });

  test("goes on from where the subscription began, if no event was seen", () => {
    openWith("marketplace");
    socket.hear({ type: "subscribed", topic: "marketplace", id: "4-0" });
    socket.break();
    expect(socket.sent).toEqual([{ type: "subscribe", topics: ["marketplace"], since: "4-0" }]);
  });

  test("begins anew, topic by topic, where the platform no longer has what came since", () => {
    openWith("marketplace", "job:1");
    socket.hear({ id: "5-1", type: "MARKETPLACE_UPDATE", data: {} });
    socket.break();
    socket.hear({ type: "error", message: "that is longer ago than 24 hours" });
    expect(socket.sent.slice(1)).toEqual([{ type: "subscribe:marketplace" }, { type: "subscribe:job:1" }]);
  });

  test("is told, and so is that it is back", () => {
    const statuses: string[] = [];
    let reopened = 0;
    live.onStatus(() => statuses.push(live.status));
    live.onReopen(() => (reopened += 1));
    openWith("marketplace");
    expect(reopened).toBe(0);
    socket.break();
    expect(statuses).toEqual(["connecting", "open", "lost", "open"]);
    expect(reopened).toBe(1);
  });
});
