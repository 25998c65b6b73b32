import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import { useEffect } from "react";
import { isRouteErrorResponse, useRevalidator, useRouteError } from "react-router";
import { Refusal } from "../api/refusal.ts";
import { useMessages } from "../i18n/messages.ts";
import { appMessages } from "./messages.ts";
import { NotFound } from "./not-found.tsx";

/** Stands in for one page that could not be drawn, or whose code could not be fetched; the shell stays. */
export function PageError() {
  const say = useMessages(appMessages);
  const problem = useRouteError();
  const { revalidate } = useRevalidator();
  useEffect(() => reportError(problem), [problem]);
  if (isRouteErrorResponse(problem) && problem.status === 404) return <NotFound />;
  return (
    <Box padding={{ vertical: "l" }}>
      <Alert
        type="error"
        header={say("page.failed")}
        action={
          <Button onClick={() => (problem instanceof Refusal ? void revalidate() : location.reload())}>
            {say("page.again")}
          </Button>
        }
      >
        {problem instanceof Refusal ? problem.message : say("page.failed.hint")}
      </Alert>
    </Box>
  );
}
