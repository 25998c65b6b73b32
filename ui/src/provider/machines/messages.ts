import { catalogue } from "../../i18n/messages.ts";
import { english } from "./messages.en.ts";
import { portuguese } from "./messages.pt.ts";

export const machinesMessages = catalogue(english, portuguese);
