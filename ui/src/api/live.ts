import { readFrame, type ControlFrame, type LiveEvent } from "./frames.ts";

/** `idle` before anything is watched, `connecting` at first, `open`, and `lost` until the connection is back. */
export type LiveStatus = "idle" | "connecting" | "open" | "lost";

/** What of a WebSocket is used here, so that a test can bring its own. */
export interface Socket {
  send: (text: string) => void;
  reconnect: () => void;
  addEventListener: (type: "open" | "close" | "message", listener: (event: Event) => void) => void;
}

const RECONNECT = { minReconnectionDelay: 250, maxReconnectionDelay: 3000, reconnectionDelayGrowFactor: 1.5 };
/** Frames wait here, not in the socket: after a reconnect one frame asks for all topics at once. */
const NO_QUEUE = { maxEnqueuedMessages: 0 };

/**
 * The one WebSocket of this page: which topics are watched, by how many, and how far the stream was read.
 *
 * After a reconnect it asks for all topics in one frame, from the last event that it saw. Where the platform no longer
 * has that, it asks topic by topic from now on. Either way `onReopen` says that all that is cached may be stale.
 */
export class Live {
  #socket: Socket | null = null;
  #status: LiveStatus = "idle";
  #last: string | null = null;
  #isResuming = false;
  readonly #watchers = new Map<string, number>();
  readonly #onEvent = new Set<(event: LiveEvent) => void>();
  readonly #onStatus = new Set<() => void>();
  readonly #onReopen = new Set<() => void>();
  readonly #open: () => Socket | Promise<Socket>;

  constructor(open: () => Socket | Promise<Socket> = openSocket) {
    this.#open = open;
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** Be told of events; returns how to stop. */
  readonly onEvent = (listener: (event: LiveEvent) => void): (() => void) => listen(this.#onEvent, listener);

  /** Be told of a new status; returns how to stop. */
  readonly onStatus = (listener: () => void): (() => void) => listen(this.#onStatus, listener);

  /** Be told that the connection was away, and is back; returns how to stop. */
  readonly onReopen = (listener: () => void): (() => void) => listen(this.#onReopen, listener);

  /** Watch a topic; returns how to stop. It is asked for once, however many watch it. */
  readonly watch = (topic: string): (() => void) => {
    const others = this.#watchers.get(topic) ?? 0;
    this.#watchers.set(topic, others + 1);
    if (this.#status === "idle") this.#start();
    else if (others === 0 && this.#status === "open") this.#send({ type: `subscribe:${topic}` });
    return () => this.#release(topic);
  };

  /** Connect anew, as whoever is signed in now. */
  readonly reconnect = (): void => {
    this.#socket?.reconnect();
  };

  #start(): void {
    this.#setStatus("connecting");
    const opened = this.#open();
    if (opened instanceof Promise) opened.then((socket) => this.#hear(socket), this.#fail);
    else this.#hear(opened);
  }

  /** What opens a socket could not be fetched: the next topic tries again. */
  readonly #fail = (reason: unknown): void => {
    this.#setStatus("idle");
    reportError(reason);
  };

  #hear(socket: Socket): void {
    this.#socket = socket;
    socket.addEventListener("close", () => this.#setStatus("lost"));
    socket.addEventListener("message", (message) => {
      const frame = readFrame(String((message as MessageEvent).data));
      if (frame?.kind === "event") this.#receive(frame);
      else if (frame?.kind === "control") this.#control(frame);
    });
  }

  #release(topic: string): void {
    const left = (this.#watchers.get(topic) ?? 1) - 1;
    if (left > 0) {
      this.#watchers.set(topic, left);
      return;
    }
    this.#watchers.delete(topic);
    if (this.#status === "open") this.#send({ type: `unsubscribe:${topic}` });
  }

  #receive(event: LiveEvent): void {
    this.#last = event.id;
    for (const listener of this.#onEvent) listener(event);
  }

  #control(frame: ControlFrame): void {
    switch (frame.type) {
      case "ready":
        this.#ready();
        break;
      case "subscribed":
        this.#last ??= frame.id;
        break;
      case "caughtUp":
        this.#last = frame.id;
        this.#isResuming = false;
        break;
      case "error":
        if (this.#isResuming) this.#subscribeAnew();
        break;
      case "authenticated":
      case "unsubscribed":
        break;
    }
  }

  #ready(): void {
    const wasLost = this.#status === "lost";
    this.#setStatus("open");
    const topics = [...this.#watchers.keys()];
    if (topics.length > 0) {
      this.#isResuming = this.#last !== null;
      if (this.#last === null) this.#send({ type: "subscribe", topics });
      else this.#send({ type: "subscribe", topics, since: this.#last });
    }
    if (wasLost) for (const listener of this.#onReopen) listener();
  }

  #subscribeAnew(): void {
    this.#isResuming = false;
    this.#last = null;
    for (const topic of this.#watchers.keys()) this.#send({ type: `subscribe:${topic}` });
  }

  #send(frame: { type: string; topics?: string[]; since?: string }): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #setStatus(status: LiveStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const listener of this.#onStatus) listener();
  }
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The socket comes after the first load, which it would make heavier. */
async function openSocket(): Promise<Socket> {
  const { default: LastingSocket } = await import("partysocket/ws");
  const address = `${location.origin.replace(/^http/, "ws")}/ws`;
  return new LastingSocket(address, [], { ...RECONNECT, ...NO_QUEUE });
}

/** This page's connection. */
export const live = new Live();
