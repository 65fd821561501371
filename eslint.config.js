// What is wrong, not how it looks. Names that do not exist, and private ones that nobody reads,
// are found by tsc.
import js from "@eslint/js"
import nounsanitized from "eslint-plugin-no-unsanitized"

export default [
  { ignores: [".venv/", ".bench/", "build/", "dist/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  nounsanitized.configs.recommended,
  {
    rules: {
      "no-undef": "off",
      "no-unused-private-class-members": "off",
      "no-unused-vars": ["error", { varsIgnorePattern: "^_" }],
      "no-empty": ["error", { allowEmptyCatch: true }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
  {
    // Lines of comment are not sent to browsers; what stands beside code is.
    files: ["static/**/*.js"],
    rules: { "no-inline-comments": ["error", { ignorePattern: "^\\*" }] },
  },
]
