import type { Wire } from "../../api/client.ts";
import { wholeNumber } from "../../shared/numbers.ts";
import type { Machine } from "../queries.ts";

/** What of a machine its owner may change, as it stands in the form. */
export interface Fields {
  name: string;
  price: string;
  place: string;
}

const PLACE = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

export function fieldsOf({ name, pricePerHour, location }: Machine): Fields {
  return { name, price: String(pricePerHour), place: location ?? "" };
}

/** The fields that the platform would refuse. A place that a machine has can be changed, and not taken away. */
export function flawsOf({ name, price, place }: Fields, machine: Pick<Machine, "location">): ReadonlySet<keyof Fields> {
  const flaws = new Set<keyof Fields>();
  if (name.trim() === "" || name.trim().length > 200) flaws.add("name");
  if (wholeNumber(price, { least: 0 }) === null) flaws.add("price");
  const isLeftOut = place.trim() === "" && machine.location === null;
  if (!isLeftOut && !PLACE.test(place.trim())) flaws.add("place");
  return flaws;
}

/** What was changed in the form, which began with the machine as it was `before`. The fields have no flaws. */
export function changesOf(fields: Fields, before: Machine): Wire["ProviderPatch"] {
  const price = wholeNumber(fields.price, { least: 0 });
  const [name, place] = [fields.name.trim(), fields.place.trim()];
  return {
    ...(name === before.name ? {} : { name }),
    ...(price === null || price === before.pricePerHour ? {} : { pricePerHour: price }),
    ...(place === (before.location ?? "") ? {} : { location: place }),
  };
}
