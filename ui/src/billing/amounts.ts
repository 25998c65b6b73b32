import { formatQu } from "../shared/format.ts";

/** A change of QU with its sign: "+1 000 QU". */
export function signedQu(amount: number): string {
  return amount > 0 ? `+${formatQu(amount)}` : formatQu(amount);
}

const SHOWN = 6;

/** The beginning and the end of an identity, for where there is little room. */
export function shortIdentity(identity: string): string {
  return identity.length > 2 * SHOWN + 1 ? `${identity.slice(0, SHOWN)}…${identity.slice(-SHOWN)}` : identity;
}
