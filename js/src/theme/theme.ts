/** The stylesheets that every widget starts from. */
import "./tokens.css";
import "./base.css";
