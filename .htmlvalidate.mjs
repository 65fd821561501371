export default {
  root: true,
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    "doctype-style": ["error", { style: "lowercase" }],
    // Safari says "list" of a list without bullets only when it is told so.
    "no-redundant-role": "off",
    "prefer-native-element": ["error", { exclude: ["list"] }],
    // All is from our own host, under the fingerprint of the whole tree.
    "require-sri": "off",
  },
}
