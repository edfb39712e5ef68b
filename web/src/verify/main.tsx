import { show } from "../shared/ui/Frame";
import { VerifyPage } from "./VerifyPage";
import "./verify.css";

show(<VerifyPage />);
