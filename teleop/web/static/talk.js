// The socket to the seat: pictures and words come down, it connects again when it is cut.

export class Talk {
  constructor(drives, onWords, onPicture, onState) {
    this.drives = drives;
    this.onWords = onWords;
    this.onPicture = onPicture;
    this.onState = onState;
    this.frame = -1;
    this.wait = 250;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/seat?drives=${this.drives ? "yes" : "no"}`);
    this.socket.binaryType = "arraybuffer";
    this.sequence = 0;
    this.frame = -1;
    this.socket.addEventListener("open", () => { this.wait = 250; this.onState(true); });
    this.socket.addEventListener("message", (event) => this.take(event.data));
    this.socket.addEventListener("close", () => {
      this.onState(false);
      setTimeout(() => this.again(), this.wait);
      this.wait = Math.min(this.wait * 2, 4000);
    });
  }

  // A server that was started anew knows nobody: where people come in it is said what to do.
  async again() {
    const answer = await fetch("/api/me", { credentials: "same-origin" }).catch(() => null);
    if (answer?.status === 401) location.assign("/enter");
    else this.connect();
  }

  take(data) {
    if (typeof data === "string") { this.onWords(JSON.parse(data)); return; }
    const view = new DataView(data);
    const number = view.getUint32(0, true);
    const place = view.getUint8(4);
    const picture = new Blob([new Uint8Array(data, 5)], { type: "image/jpeg" });
    this.onPicture(place, picture, () => { if (place === 0) this.frame = Math.max(this.frame, number); });
  }

  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN || this.socket.bufferedAmount > 4096) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }
}
