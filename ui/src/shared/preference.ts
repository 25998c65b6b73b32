const PREFIX = "qubix.";

/** One choice that this browser remembers. */
export interface Preference<T> {
  get: () => T;
  set: (value: T) => void;
  subscribe: (listener: () => void) => () => void;
}

/** A choice among a few, remembered by this browser. What it remembers and does not know is passed over. */
export function preference<T extends string>(name: string, known: readonly T[], fallback: T): Preference<T> {
  const read = (text: string | null) => known.find((value) => value === text) ?? fallback;
  return remembered(name, read, (value) => value);
}

/** A value remembered by this browser as JSON. `accept` turns what was remembered into a value, whatever it is. */
export function rememberedJson<T>(name: string, accept: (stored: unknown) => T): Preference<T> {
  const read = (text: string | null) => {
    try {
      return accept(text === null ? null : JSON.parse(text));
    } catch {
      return accept(null); // written by something else: as good as not there
    }
  };
  return remembered(name, read, (value) => JSON.stringify(value));
}

function remembered<T>(name: string, read: (text: string | null) => T, write: (value: T) => string): Preference<T> {
  const listeners = new Set<() => void>();
  let value = read(localStorage.getItem(PREFIX + name));
  return {
    get: () => value,
    set: (next) => {
      value = next;
      localStorage.setItem(PREFIX + name, write(next));
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
