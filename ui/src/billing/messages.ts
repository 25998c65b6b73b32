import { catalogue } from "../i18n/messages.ts";
import { english } from "./messages.en.ts";
import { portuguese } from "./messages.pt.ts";

export const billingMessages = catalogue(english, portuguese);

export type Say = typeof billingMessages.say;
