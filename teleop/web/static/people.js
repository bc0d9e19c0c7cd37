// Who is here, and addresses for others.
import { ask, by, made, notice, post } from "./common.js";

async function show() {
  const { people } = await ask("/api/people");
  by("people").tBodies[0].replaceChildren(...people.map((person) => {
    const line = made("tr");
    line.append(made("td", person.name), made("td", person.roles.join(", ")), made("td", `${person.idle_s} s ago`));
    return line;
  }));
}

by("inviting").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const role = by("role").value;
    const { path } = await post("/api/invitations", { role });
    const address = new URL(path, location.href).href;
    const line = made("li", `${role}: `);
    line.append(made("code", address), made("button", "Copy", {
      type: "button", on: { click: () => navigator.clipboard.writeText(address).then(() => notice("copied")) },
    }));
    by("addresses").prepend(line);
  } catch (error) { notice(error.message); }
});
show().catch((error) => notice(error.message));
setInterval(() => show().catch(() => null), 5000);
