import { generateThemeStylesheet, type Theme } from "@cloudscape-design/components/theming";

/** The founding palette. Each colour is here once; everything else names a token of Cloudscape's. */
export const PALETTE = {
  ink: "#232F3E",
  orange: "#FF9900",
  orangeDeep: "#EC7211",
  blue: "#146EB4",
  blueDeep: "#0F568C",
  blueLight: "#6CB4F0",
  green: "#1B7B00",
  greenLight: "#5ECB4A",
  red: "#D13212",
  redLight: "#FF8A70",
  grey: "#545B64",
  paper: "#FAFAFA",
} as const;

const FONT = "'Amazon Ember', system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

const both = (light: string, dark: string) => ({ light, dark });

const THEME: Theme = {
  tokens: {
    fontFamilyBase: FONT,
    fontFamilyHeading: FONT,
    fontFamilyDisplay: FONT,
    colorBackgroundButtonPrimaryDefault: both(PALETTE.orange, PALETTE.orange),
    colorBackgroundButtonPrimaryHover: both("#FFAE33", "#FFAE33"),
    colorBackgroundButtonPrimaryActive: both(PALETTE.orangeDeep, PALETTE.orangeDeep),
    colorBorderButtonPrimaryDefault: both(PALETTE.orange, PALETTE.orange),
    colorTextButtonPrimaryDefault: both(PALETTE.ink, PALETTE.ink),
    colorTextButtonPrimaryHover: both(PALETTE.ink, PALETTE.ink),
    colorTextButtonPrimaryActive: both(PALETTE.ink, PALETTE.ink),
    colorTextLinkDefault: both(PALETTE.blue, PALETTE.blueLight),
    colorTextLinkHover: both(PALETTE.blueDeep, "#9BCDF7"),
    colorTextAccent: both(PALETTE.blue, PALETTE.blueLight),
    colorBackgroundControlChecked: both(PALETTE.blue, PALETTE.blueLight),
    colorBackgroundLayoutToggleSelectedDefault: both(PALETTE.blue, PALETTE.blueLight),
    colorBackgroundLayoutToggleSelectedHover: both(PALETTE.blueDeep, "#9BCDF7"),
    colorBackgroundLayoutToggleSelectedActive: both(PALETTE.blueDeep, "#9BCDF7"),
    colorBackgroundToggleButtonNormalPressed: both("#E3F0FA", "#0F2A40"),
    colorBackgroundItemSelected: both("#EEF6FC", "#0F2A40"),
    colorBackgroundSegmentActive: both(PALETTE.blue, PALETTE.blueLight),
    colorBorderItemFocused: both(PALETTE.blue, PALETTE.blueLight),
    colorBorderItemSelected: both(PALETTE.blue, PALETTE.blueLight),
    colorBorderButtonNormalDefault: both(PALETTE.blue, PALETTE.blueLight),
    colorBorderButtonNormalHover: both(PALETTE.blueDeep, "#9BCDF7"),
    colorBorderButtonNormalActive: both(PALETTE.blueDeep, "#9BCDF7"),
    colorTextButtonNormalDefault: both(PALETTE.blue, PALETTE.blueLight),
    colorTextButtonNormalHover: both(PALETTE.blueDeep, "#9BCDF7"),
    colorTextButtonNormalActive: both(PALETTE.blueDeep, "#9BCDF7"),
    colorTextLinkButtonNormalDefault: both(PALETTE.blue, PALETTE.blueLight),
    colorTextLinkButtonNormalHover: both(PALETTE.blueDeep, "#9BCDF7"),
    colorTextStatusSuccess: both(PALETTE.green, PALETTE.greenLight),
    colorTextStatusError: both(PALETTE.red, PALETTE.redLight),
    colorTextBodySecondary: both(PALETTE.grey, "#C6C6CD"),
    colorTextHeadingDefault: both(PALETTE.ink, "#EBEBF0"),
    colorBackgroundLayoutMain: both(PALETTE.paper, "#0F141A"),
  },
  contexts: {
    flashbar: {
      tokens: {
        colorTextButtonNormalDefault: PALETTE.paper,
        colorTextButtonNormalHover: "#FFFFFF",
        colorTextButtonNormalActive: "#FFFFFF",
        colorBorderButtonNormalDefault: PALETTE.paper,
        colorBorderButtonNormalHover: "#FFFFFF",
        colorBorderButtonNormalActive: "#FFFFFF",
      },
    },
    "top-navigation": {
      tokens: {
        colorBackgroundContainerContent: PALETTE.ink,
        colorTextAccent: PALETTE.orange,
        // Here Cloudscape fills its primary buttons with the colour of the others' borders.
        colorBorderButtonNormalDefault: PALETTE.orange,
        colorBorderButtonNormalHover: "#FFAE33",
        colorBorderButtonNormalActive: PALETTE.orangeDeep,
        colorTextButtonNormalDefault: PALETTE.paper,
        colorTextButtonNormalHover: "#FFFFFF",
        colorTextButtonNormalActive: "#FFFFFF",
      },
    },
  },
};

/** The theme as CSS; called when the console is built, see `scripts/theme-stylesheet.ts`. */
export function themeStylesheet(): string {
  return generateThemeStylesheet({ theme: THEME });
}
