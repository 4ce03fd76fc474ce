import { createRoot } from "react-dom/client";
import { Page } from "./page.jsx";
import { begin } from "./session.js";
import "graphiql/style.css";
import "./page.css";

createRoot(document.getElementById("page")).render(<Page session={begin()} />);
// A link with another token, followed where the page is open already, changes the fragment alone.
addEventListener("hashchange", () => location.reload());
