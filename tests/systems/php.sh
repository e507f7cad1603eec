# PHP extensions: each line extension=NAME opens NAME.so of extension_dir, with RTLD_LAZY, RTLD_GLOBAL and
# RTLD_DEEPBIND: an extension prefers its own symbols to those of others.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need php
# Without the configuration's extensions, and with one that is named here.
explained php -n -d extension=posix -r 'echo extension_loaded("posix") ? "posix" : "none", "\n";'
expect_eq "output" "$(cat audited.out)" posix
rm -f plugaudit.db*
recipe php
explained php -r 'echo count(get_loaded_extensions()) > 10 ? "many" : "few", "\n";'
