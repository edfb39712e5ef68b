import { show } from "../shared/ui/Frame";
import { StartPage } from "./StartPage";
import "./start.css";

show(<StartPage />);
