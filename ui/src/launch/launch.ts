import { api, call, type Wire } from "../api/client.ts";
import type { Work } from "./bundle.ts";
import type { Draft } from "./draft.ts";
import { jobRequestOf, quoteRequestOf, type StoredWork } from "./request.ts";

/** What came of a launch: a job, or a market that is another one than the reader has seen. */
export type Launched = { job: Wire["Job"] } | { wouldWait: Wire["WaitingReport"] };

/**
 * Send the work and create its job.
 *
 * The market may have changed since it was looked at: where the job would wait now, nothing is created unless
 * `mayWait`. Sent again, the same draft is the same job.
 *
 * @throws Refusal where the platform refuses.
 */
export async function launch(draft: Draft, work: Work, { mayWait }: { mayWait: boolean }): Promise<Launched> {
  if (!mayWait) {
    const quote = await call(api.POST("/api/jobs/quote", { body: quoteRequestOf(draft) }));
    if (quote.waiting !== null) return { wouldWait: quote.waiting };
  }
  const stored = await store(work);
  const params = { header: { "idempotency-key": `console-${draft.key}` } };
  const { job } = await call(api.POST("/api/jobs/create", { params, body: jobRequestOf(draft, stored) }));
  return { job };
}

async function store(work: Work): Promise<StoredWork> {
  if (work.kind === "source") return { source: work.source };
  const { archive, sha256, entrypoint } = work;
  await call(
    api.PUT("/api/blobs/{sha256}", {
      params: { path: { sha256 } },
      body: new Blob([archive]) as never,
      bodySerializer: (content: unknown) => content as Blob,
      headers: { "Content-Type": "application/octet-stream" },
    }),
  );
  return { bundleSha256: sha256, entrypoint };
}
