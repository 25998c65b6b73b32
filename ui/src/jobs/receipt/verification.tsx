import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { api, call, type Wire } from "../../api/client.ts";
import { useMessages } from "../../i18n/messages.ts";
import { saveText } from "../../shared/save.ts";
import { jobsMessages } from "../messages.ts";
import { problemsOf, type Problem } from "./verify.ts";

interface Verified {
  exported: Wire["ReceiptExport"];
  problems: readonly Problem[];
}

/** Proves the receipt against the published books, in this browser, and gives the proof as a file. */
export function Verification({ jobId }: { jobId: string }) {
  const say = useMessages(jobsMessages);
  const verify = useMutation({
    mutationFn: async (): Promise<Verified> => {
      const params = { path: { job_id: jobId } };
      const exported = await call(api.GET("/api/ledger/receipts/{job_id}", { params }));
      return { exported, problems: problemsOf(exported) };
    },
  });
  return (
    <SpaceBetween size="s">
      <SpaceBetween size="xs" direction="horizontal">
        <Button iconName="security" loading={verify.isPending} onClick={() => verify.mutate()}>
          {say("verify")}
        </Button>
        {verify.data !== undefined && (
          <Button
            iconName="download"
            onClick={() => saveText(`receipt-${jobId}.json`, JSON.stringify(verify.data.exported, null, 2))}
          >
            {say("verify.download")}
          </Button>
        )}
      </SpaceBetween>
      <div aria-live="polite">
        {verify.error !== null && <Alert type="info">{verify.error.message}</Alert>}
        {verify.data !== undefined && <Outcome verified={verify.data} say={say} />}
      </div>
    </SpaceBetween>
  );
}

function Outcome({ verified: { exported, problems }, say }: { verified: Verified; say: typeof jobsMessages.say }) {
  if (problems.length > 0) {
    return (
      <Alert type="error" header={say("verify.bad")}>
        {problems.map((problem) => (
          <Box key={`${problem.kind} ${problem.named}`} variant="p">
            {say(`verify.${problem.kind}`, { named: problem.named })}
          </Box>
        ))}
      </Alert>
    );
  }
  return (
    <Alert type="success" header={say("verify.good")}>
      <SpaceBetween size="xs">
        <Box variant="p">{say("verify.proven", { count: exported.transactions.length })}</Box>
        {exported.roots.map((root) => (
          <Box key={root.number} variant="p">
            {root.anchor === null
              ? say("verify.unanchored", { number: root.number })
              : say("verify.anchored", { number: root.number, id: root.anchor.transactionId, tick: root.anchor.tick })}
          </Box>
        ))}
      </SpaceBetween>
    </Alert>
  );
}
