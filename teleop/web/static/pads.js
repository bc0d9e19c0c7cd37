// Reads the gamepads of the browser, and what was pressed on them since they were sent last.

export class Pads {
  constructor() {
    this.down = new Map();
    this.pressed = new Map();
  }

  // Call it once a frame: browsers do not report presses, they only answer how things are.
  poll() {
    for (const pad of this.all()) {
      const before = this.down.get(pad.index) || [];
      const now = pad.buttons.map((button) => button.pressed || button.value > 0.5);
      const pressed = this.pressed.get(pad.index) || new Set();
      now.forEach((down, place) => { if (down && !before[place]) pressed.add(place); });
      this.down.set(pad.index, now);
      this.pressed.set(pad.index, pressed);
    }
  }

  all() {
    return Array.from(navigator.getGamepads?.() || []).filter((pad) => pad && pad.connected);
  }

  taken() {
    return this.all().slice(0, 4).map((pad) => {
      const pressed = [...(this.pressed.get(pad.index) || [])];
      this.pressed.delete(pad.index);
      return {
        index: pad.index, name: pad.id.slice(0, 60), pressed,
        axes: Array.from(pad.axes).slice(0, 8).map((value) => Math.round(value * 1e4) / 1e4),
        buttons: pad.buttons.slice(0, 20).map((button) => Math.round(button.value * 1e3) / 1e3),
      };
    });
  }

  rumble(rumbles) {
    for (const [index, low, high, duration] of rumbles) {
      navigator.getGamepads()[index]?.vibrationActuator?.playEffect?.("dual-rumble", {
        duration, strongMagnitude: low, weakMagnitude: high,
      }).catch(() => null);
    }
  }
}
