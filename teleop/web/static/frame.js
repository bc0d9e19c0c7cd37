// The head of every page: the theme, and leaving.
import { by, post } from "./common.js";

const themes = ["", "light", "dark"];
function wear(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const button = by("theme");
  if (button) button.textContent = `Theme: ${theme || "system"}`;
}
wear(localStorage.getItem("theme") || "");
by("theme")?.addEventListener("click", () => {
  const next = themes[(themes.indexOf(document.documentElement.dataset.theme || "") + 1) % themes.length];
  localStorage.setItem("theme", next);
  wear(next);
  window.dispatchEvent(new Event("theme"));
});
by("leave")?.addEventListener("click", async () => {
  await post("/api/leave").catch(() => null);
  location.assign("/enter");
});
