import { apiMessages } from "./messages.ts";
import type { components } from "./schema.d.ts";

/** The code of a session or key that nobody holds, or no more. A wallet's refused signature has another. */
const SIGNED_OUT = "unknown_token";

type ErrorAnswer = components["schemas"]["ErrorAnswer"];

/**
 * The API's "no". Its message is a sentence for people: what was asked, what stood in the way, what would help.
 *
 * `status` is 0 where there was no answer at all.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: { code: string; status: number; details?: Record<string, unknown> }) {
    super(message);
    this.code = options.code;
    this.status = options.status;
    this.details = options.details ?? {};
  }

  static unreachable(cause: unknown): Refusal {
    const refusal = new Refusal(apiMessages.say("unreachable"), { code: "unreachable", status: 0 });
    refusal.cause = cause;
    return refusal;
  }

  /** Whether it is because nobody is signed in, or no more. */
  get isSignedOut(): boolean {
    return this.code === SIGNED_OUT;
  }

  /** Whether asking again may help. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** An error response's body as a refusal; a proxy's own page is told by its status. */
export function refusalOf(status: number, body: unknown): Refusal {
  if (isErrorAnswer(body)) {
    const { code, message, details } = body.error;
    // The API's own words here are for programs: they name tokens, which a page has none of.
    return new Refusal(code === SIGNED_OUT ? apiMessages.say("signedOut") : message, { code, status, details });
  }
  return new Refusal(apiMessages.say("unexplained", { status }), { code: "unexplained", status });
}

function isErrorAnswer(body: unknown): body is ErrorAnswer {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
