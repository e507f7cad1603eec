# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

need node
guest "$(type -P node)" -e 1
guest "$(type -P node)" -e 'console.log([1, 2, 3].map((x) => x * 2)); process.exit(6)'
