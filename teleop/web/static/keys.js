// What a key is called in a bindings file: its symbol, or that of its place where the symbol is not bound.

const SPECIAL = {
  " ": "space", Enter: "enter", Backspace: "backspace", Tab: "tab", Escape: "escape", Delete: "delete",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", Home: "home", End: "end",
  PageUp: "page up", PageDown: "page down", Insert: "insert", ",": "comma", ".": "period", "/": "slash",
  ";": "semicolon", "'": "quote", "[": "leftbracket", "]": "rightbracket", "-": "minus", "=": "equals",
  "\\": "backslash", "`": "backquote", "?": "question", "+": "plus", "#": "hash",
};
const PLACES = {
  ShiftLeft: "left shift", ShiftRight: "right shift", ControlLeft: "left ctrl", ControlRight: "right ctrl",
  AltLeft: "left alt", AltRight: "right alt", Space: "space", Comma: "comma", Period: "period",
};

export function symbolName(event) {
  if (event.code in PLACES && event.key.length > 1) return PLACES[event.code];
  if (event.key in SPECIAL) return SPECIAL[event.key];
  if (/^F\d{1,2}$/.test(event.key)) return event.key.toLowerCase();
  return event.key.length === 1 ? event.key.toLowerCase() : "";
}

export function placeName(event) {
  if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  if (/^Digit\d$/.test(event.code)) return event.code.slice(5);
  return PLACES[event.code] || "";
}

export function keyName(event, bound) {
  const symbol = symbolName(event);
  const place = placeName(event);
  return bound.has(place) && !bound.has(symbol) ? place : symbol || place;
}

export function typing(event) {
  const tag = event.target.tagName;
  return tag === "TEXTAREA" || (tag === "INPUT" && event.target.type !== "range") || (tag === "SELECT" && event.key.length > 1);
}
