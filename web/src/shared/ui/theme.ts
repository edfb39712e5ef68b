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

export const theme = createTheme({
  primaryColor: "sight",
  primaryShade: { light: 7, dark: 5 },
  colors: { sight },
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
    Card: { defaultProps: { radius: "lg", padding: "lg", withBorder: true } },
    Modal: { defaultProps: { radius: "lg", centered: true, closeButtonProps: { "aria-label": "Close" } } },
  },
});
