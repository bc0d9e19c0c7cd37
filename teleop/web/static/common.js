// What every page uses: asking the server, building elements from text, and short notices.

export async function ask(path, options = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...options });
  const kind = answer.headers.get("content-type") || "";
  const body = kind.includes("json") ? await answer.json() : { error: await answer.text() };
  if (!answer.ok) throw new Error(body.error || `the server answers ${answer.status}`);
  return body;
}

export function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

// An element with text: whatever people typed is only ever set as text, never as HTML.
export function made(tag, words = "", settings = {}) {
  const element = document.createElement(tag);
  if (words !== "") element.textContent = words;
  for (const [name, value] of Object.entries(settings)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  return element;
}

export const by = (id) => document.getElementById(id);

export function given() {
  return JSON.parse(by("given").textContent);
}

let noticeTimer = 0;
export function notice(words) {
  by("notice").textContent = words;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { by("notice").textContent = ""; }, 4000);
}

export function answerId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Sends until it is answered: the server counts an answer with the same id once.
export async function surely(path, body, tries = 6) {
  for (let number = 0; ; number += 1) {
    try {
      return await post(path, body);
    } catch (error) {
      if (!(error instanceof TypeError) || number >= tries) throw error;
      notice("the connection is gone; trying again");
      await new Promise((go) => setTimeout(go, 250 * 2 ** number));
    }
  }
}

export function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

// A time of the clock on the wall, the same length everywhere.
export function moment(seconds) {
  const at = new Date(seconds * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
