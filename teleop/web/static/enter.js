// The token stands behind the # of the address, which browsers never send; it is spent here.
import { by, post } from "./common.js";

const token = location.hash.slice(1);
history.replaceState(null, "", "/enter");
by("entering").hidden = !token;
by("spent").hidden = Boolean(token);
by("name").value = localStorage.getItem("name") || by("name").value;
by("entering").addEventListener("submit", async (event) => {
  event.preventDefault();
  by("refused").textContent = "";
  try {
    const name = by("name").value;
    const answer = await post("/api/enter", { token, name });
    localStorage.setItem("name", name);
    location.assign(answer.to);
  } catch (error) {
    by("refused").textContent = error.message;
  }
});
by("name").focus();
