import { createTheme, type MantineColorsTuple } from "@mantine/core";

const sight: MantineColorsTuple = [
  "#eef0ff",
  "#dcdff9",
  "#b6bbee",
  "#8e95e3",
  "#6c74da",
  "#565fd4",
  "#4a54d2",
  "#3d43c6",
  "#343aa6",
  "#282d86",
];

/** Bluish greys, so that cards and controls agree with the dark page behind them. */
const dark: MantineColorsTuple = [
  "#e4e7ee",
  "#b4bac7",
  "#8d94a4",
  "#626a7a",
  "#454b59",
  "#2f343f",
  "#20242d",
  "#1a1d25",
  "#14161c",
  "#0e1014",
];

export const theme = createTheme({
  primaryColor: "sight",
  primaryShade: { light: 7, dark: 5 },
  colors: { sight, dark },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif',
  headings: { fontWeight: "700" },
  components: {
    Button: { defaultProps: { size: "md" } },
    TextInput: { defaultProps: { size: "md" } },
    PasswordInput: { defaultProps: { size: "md" } },
    NativeSelect: { defaultProps: { size: "md" } },
    Textarea: { defaultProps: { size: "md" } },
    Card: { defaultProps: { radius: "lg", padding: "lg", withBorder: true } },
    Modal: { defaultProps: { radius: "lg", centered: true, closeButtonProps: { "aria-label": "Close" } } },
  },
});
