import { useEffect, useRef, useState } from "react";
import { api, call } from "../../api/client.ts";
import { useLiveEvents } from "../../api/hooks.ts";
import { append, EMPTY_LOG, type LogBuffer } from "./log-buffer.ts";

const PIECES_AT_ONCE = 5000;
const LOOK_AGAIN_MS = 5000;

/** A job's output, kept up with: all that there is, and then what comes, as soon as the platform tells of it. */
export function useLog(jobId: string, isOver: boolean): { log: LogBuffer; isReading: boolean; problem: Error | null } {
  const [log, setLog] = useState(EMPTY_LOG);
  const [isReading, setIsReading] = useState(true);
  const [problem, setProblem] = useState<Error | null>(null);
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    const reader = new LogReader(jobId, {
      onLog: setLog,
      onReading: setIsReading,
      onProblem: setProblem,
    });
    wake.current = reader.wake;
    reader.wake();
    // Events may be lost: somebody who reads a running job's output never waits longer than this.
    const timer = isOver ? undefined : setInterval(reader.wake, LOOK_AGAIN_MS);
    return () => {
      clearInterval(timer);
      reader.stop();
    };
  }, [jobId, isOver]);

  useLiveEvents((event) => {
    if (event.data.jobId === jobId) wake.current();
  });
  return { log, isReading, problem };
}

interface Listeners {
  onLog: (log: LogBuffer) => void;
  onReading: (isReading: boolean) => void;
  onProblem: (problem: Error | null) => void;
}

/** Reads page after page until nothing is left; one call at a time, and once more where it was woken meanwhile. */
class LogReader {
  #log = EMPTY_LOG;
  #isBusy = false;
  #isWoken = false;
  readonly #stopped = new AbortController();
  readonly #jobId: string;
  readonly #listeners: Listeners;

  constructor(jobId: string, listeners: Listeners) {
    this.#jobId = jobId;
    this.#listeners = listeners;
  }

  readonly wake = (): void => {
    this.#isWoken = true;
    if (!this.#isBusy) void this.#read();
  };

  readonly stop = (): void => this.#stopped.abort();

  async #read(): Promise<void> {
    this.#isBusy = true;
    try {
      while (this.#isWoken && !this.#stopped.signal.aborted) {
        this.#isWoken = false;
        await this.#readToTheEnd();
      }
      this.#tell(() => this.#listeners.onProblem(null));
    } catch (problem) {
      this.#tell(() => this.#listeners.onProblem(problem instanceof Error ? problem : new Error(String(problem))));
    } finally {
      this.#isBusy = false;
      this.#tell(() => this.#listeners.onReading(false));
    }
  }

  async #readToTheEnd(): Promise<void> {
    for (;;) {
      const query = { after: this.#log.lastSeq, limit: PIECES_AT_ONCE };
      const params = { path: { job_id: this.#jobId }, query };
      const entries = await call(api.GET("/api/jobs/{job_id}/logs", { params, signal: this.#stopped.signal }));
      const next = append(this.#log, entries);
      if (next !== this.#log) this.#tell(() => this.#listeners.onLog(next));
      this.#log = next;
      if (entries.length < PIECES_AT_ONCE) return;
    }
  }

  #tell(what: () => void): void {
    if (!this.#stopped.signal.aborted) what();
  }
}
