import { show } from "../shared/ui/Frame";
import { Console } from "./Console";
import "./console.css";

show(<Console />);
