# What was recorded of loads and searches equals what LD_DEBUG=files,libs prints for the same run: each
# request, each path tried, in order, with its rule and owner, each link map.
. "$TOP/tests/lib.sh"

need git
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
equal_to_ld_debug git --version
git init -q -b trunk source
git -C source -c user.name=a -c user.email=a@b commit -q --allow-empty -m one
equal_to_ld_debug git ls-remote "file://$PWD/source"
expect_true "several processes" [ "$(db "SELECT count(*) FROM process")" -ge 2 ]
