// What the driver sees, for those who only watch.
import { by } from "./common.js";
import { showBoard, showClosed, showPicture } from "./seat.js";
import { Talk } from "./talk.js";

const told = (banner, driver) => (banner === "YOU DRIVE" ? `${driver || "somebody"} drives` : banner);
const talk = new Talk(false, ({ seat, board }) => {
  by("who").textContent = seat.open ? `${seat.driver || "nobody"} is at the seat` : "Nobody is at the seat";
  if (board) showBoard({ ...board, help: null, hints: [], banner: told(board.banner, seat.driver) });
  else if (!seat.open) showClosed("The seat is closed");
}, (place, picture, shown) => showPicture(place, picture, () => { shown(); talk.send({ frame: talk.frame }); }), () => null);
