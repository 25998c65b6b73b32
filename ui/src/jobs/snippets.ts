/** How a job is spoken to from elsewhere: with the API, the command line and the SDK. */

export type SnippetKind = "sdk" | "cli" | "api";

/** Text to paste for one job. The key is the reader's own: it is named, never shown. */
export function snippetsOf(jobId: string, origin: string): Record<SnippetKind, string> {
  return {
    sdk: [
      "import qubix",
      "",
      `client = qubix.Client(url="${origin}")  # the key from QUBIX_API_KEY`,
      `job = client.job("${jobId}")`,
      "for entry in job.logs(follow=True):",
      '    print(entry.text, end="")',
      "print(job.wait().status)",
    ].join("\n"),
    cli: [
      `export QUBIX_URL=${origin}`,
      "export QUBIX_API_KEY=…",
      `qubix show ${jobId}`,
      `qubix logs ${jobId} --follow`,
      `qubix artifacts ${jobId}`,
    ].join("\n"),
    api: [
      `curl -H "Authorization: Bearer $QUBIX_API_KEY" ${origin}/api/jobs/${jobId}/monitor`,
      `curl -H "Authorization: Bearer $QUBIX_API_KEY" "${origin}/api/jobs/${jobId}/logs?after=-1"`,
      `curl -X POST -H "Authorization: Bearer $QUBIX_API_KEY" ${origin}/api/jobs/${jobId}/cancel`,
    ].join("\n"),
  };
}
