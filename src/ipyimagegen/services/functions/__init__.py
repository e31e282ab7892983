"""A function of the user's own as a model: `@ig.register("mine/plasma")`."""
