import type { Signer } from "./signers.ts";

/** What each way to sign in is given: whether one is under way, and how to begin. */
export interface WayProps {
  isBusy: boolean;
  onSign: (signer: Signer) => void;
}
