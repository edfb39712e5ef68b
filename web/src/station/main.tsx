import { show } from "../shared/ui/Frame";
import { Station } from "./Station";
import "./station.css";

show(<Station />);
