import type { PropertyFilterProps } from "@cloudscape-design/components/property-filter";
import { AVAILABILITIES, HARDWARE, TRUSTS } from "./offers.ts";
import type { marketplaceMessages } from "./messages.ts";

type Say = typeof marketplaceMessages.say;

const TEXT = [":", "!:", "=", "!="] as const;
const CHOICE = ["=", "!="] as const;
const NUMBER = ["<=", ">=", "<", ">", "="] as const;

/** What the market is filtered by, with the comparisons that make sense for each. */
export function filteringProperties(say: Say): PropertyFilterProps.FilteringProperty[] {
  const property = (
    key: Parameters<Say>[0] extends infer Key ? (Key extends `column.${infer Name}` ? Name : never) : never,
    [defaultOperator, ...operators]: readonly PropertyFilterProps.ComparisonOperator[],
  ): PropertyFilterProps.FilteringProperty => ({
    key,
    propertyLabel: say(`column.${key}`),
    groupValuesLabel: say("filter.values", { property: say(`column.${key}`) }),
    operators,
    ...(defaultOperator === undefined ? {} : { defaultOperator }),
  });
  return [
    property("model", TEXT),
    property("vram", [">=", "<=", "<", ">", "="]),
    property("price", NUMBER),
    property("tflops", [">=", "<=", "<", ">", "="]),
    property("pricePerTflop", NUMBER),
    property("location", TEXT),
    property("reliability", [">=", "<=", "<", ">", "="]),
    property("availability", CHOICE),
    property("trust", CHOICE),
    property("hardware", CHOICE),
    property("isolation", CHOICE),
    property("machine", TEXT),
  ];
}

/** The values to choose from: those that the offers have, in words where they are words of ours. */
export function filteringOptions(
  found: readonly PropertyFilterProps.FilteringOption[],
  say: Say,
): PropertyFilterProps.FilteringOption[] {
  const words = new Map<string, string>([
    ...AVAILABILITIES.map((value) => [`availability ${value}`, say(`availability.${value}`)] as const),
    ...TRUSTS.map((value) => [`trust ${value}`, say(`trust.${value}`)] as const),
    ...HARDWARE.map((value) => [`hardware ${value}`, say(`hardware.${value}`)] as const),
  ]);
  return found
    .filter(({ value }) => value !== "" && value !== "Infinity")
    .map((option) => {
      const label = words.get(`${option.propertyKey} ${option.value}`);
      return label === undefined ? option : { ...option, label };
    });
}
