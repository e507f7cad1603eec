# Names in recordings are text in the HTML report, whatever they contain.
. "$TOP/tests/viewer/pages.sh"

page hostile hostile
browse hostile.test.js
