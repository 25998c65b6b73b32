import type { components } from "./schema.d.ts";

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
    const refusal = new Refusal("The platform does not answer. It is asked again as soon as the connection is back.", {
      code: "unreachable",
      status: 0,
    });
    refusal.cause = cause;
    return refusal;
  }

  /** Whether it is because nobody is signed in, or no more. */
  get isSignedOut(): boolean {
    return this.status === 401;
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
    return new Refusal(message, { code, status, details });
  }
  return new Refusal(`The platform answered with status ${status} and no reason. Try again in a moment.`, {
    code: "unexplained",
    status,
  });
}

function isErrorAnswer(body: unknown): body is ErrorAnswer {
  if (typeof body !== "object" || body === null || !("error" in body)) return false;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
