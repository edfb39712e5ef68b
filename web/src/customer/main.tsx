import { show } from "../shared/ui/Frame";
import { App } from "./App";
import "./customer.css";

show(<App />);
