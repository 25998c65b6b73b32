import Box from "@cloudscape-design/components/box";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { SignInPanel } from "./sign-in-panel.tsx";

/** Signing in over a page that stays as it is; leaving it unsigned goes to the landing page. */
export function SignInAgain({ title, hint }: { title: string; hint: string }) {
  return (
    <Modal visible header={title} onDismiss={() => location.assign("/")}>
      <SpaceBetween size="m">
        <Box>{hint}</Box>
        <SignInPanel onSignedIn={() => undefined} />
      </SpaceBetween>
    </Modal>
  );
}
