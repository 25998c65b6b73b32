import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Wire } from "../../api/client.ts";
import { wholeNumber } from "../../shared/numbers.ts";

export type Withdrawal = Wire["Withdrawal"];
export type WithdrawalStatus = Wire["WithdrawalStatus"];

/** What was typed. */
export interface Typed {
  amount: string;
  address: string;
}

/** Why a withdrawal as it was typed cannot be asked for. */
export type Flaw = "amountNeeded" | "amountTooHigh" | "addressNeeded";

/** A withdrawal as it was typed, or what has to be mended, by field. */
export interface Reading {
  wanted: Wire["WithdrawalCreate"] | null;
  amount: Flaw | null;
  address: Flaw | null;
}

/** Read what was typed; `available` is what may leave at most, QU. */
export function readWithdrawal(typed: Typed, available: number): Reading {
  const amount = wholeNumber(typed.amount, { least: 1 });
  const address = typed.address.trim().toUpperCase();
  const amountFlaw = amount === null ? "amountNeeded" : amount > available ? "amountTooHigh" : null;
  const addressFlaw = /^[A-Z]{60}$/.test(address) ? null : "addressNeeded";
  const isRight = amount !== null && amountFlaw === null && addressFlaw === null;
  return { wanted: isRight ? { amount, address } : null, amount: amountFlaw, address: addressFlaw };
}

/** What has to be typed to confirm that the money goes to this address: its last letters. */
export const confirmationOf = (address: string) => address.slice(-6);

export const LOOKS: Readonly<Record<WithdrawalStatus, StatusIndicatorProps.Type>> = {
  QUEUED: "pending",
  SENT: "in-progress",
  DELAYED: "warning",
  CONFIRMED: "success",
  RETURNED: "error",
};

const ENDS: readonly WithdrawalStatus[] = ["CONFIRMED", "RETURNED"];

/** Whether it came to its end. */
export const isOver = (status: WithdrawalStatus) => ENDS.includes(status);

/** A step of a withdrawal's life, `at` null for what is still to come. */
export interface LifeStep {
  status: WithdrawalStatus;
  at: string | null;
  tick: number | null;
  reason: string | null;
  look: StatusIndicatorProps.Type;
}

/** A withdrawal's life: what happened, the newest of it still going on, and what is to come. */
export function lifeOf({ steps, status }: Pick<Withdrawal, "steps" | "status">): LifeStep[] {
  const lived = steps.map((step, place) => ({
    ...step,
    look: isOver(step.status) || place === steps.length - 1 ? LOOKS[step.status] : ("success" as const),
  }));
  const ahead: readonly WithdrawalStatus[] = isOver(status)
    ? []
    : status === "SENT"
      ? ["CONFIRMED"]
      : ["SENT", "CONFIRMED"];
  const coming = ahead.map((next) => ({
    status: next,
    at: null,
    tick: null,
    reason: null,
    look: "not-started" as const,
  }));
  return [...lived, ...coming];
}
