import createClient from "openapi-fetch";
import { refusalOf, Refusal } from "./refusal.ts";
import type { components, paths } from "./schema.d.ts";

/** The wire's types, all of them generated: `Wire["Offer"]`. */
export type Wire = components["schemas"];

/** Typed calls of the API. The browser shows its session by itself, as a cookie that scripts cannot read. */
export const api = createClient<paths>({ baseUrl: globalThis.location.origin, credentials: "same-origin" });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** A part of a list, and how many items there are in all. */
export interface Listing<T> {
  items: T;
  total: number;
}

/**
 * What the API answered.
 *
 * @throws Refusal where the API refuses, or cannot be reached.
 */
export async function call<T>(request: Promise<Answer<T>>): Promise<T> {
  return (await answered(request)).data;
}

/**
 * What the API answered with a list, with the number that its header gives.
 *
 * @throws Refusal where the API refuses, or cannot be reached.
 */
export async function callForList<T extends readonly unknown[]>(request: Promise<Answer<T>>): Promise<Listing<T>> {
  const { data, response } = await answered(request);
  return { items: data, total: Number(response.headers.get("X-Total-Count") ?? data.length) };
}

const refused = new Set<(refusal: Refusal) => void>();

/** Be told of each refusal, whoever asked. */
export function onRefusal(listener: (refusal: Refusal) => void): void {
  refused.add(listener);
}

async function answered<T>(request: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await request.catch((problem: unknown) => {
    throw Refusal.unreachable(problem);
  });
  if (!response.ok) {
    const refusal = refusalOf(response.status, error);
    for (const listener of refused) listener(refusal);
    throw refusal;
  }
  return { data: data as T, response };
}
