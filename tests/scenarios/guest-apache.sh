# A program that nobody here wrote does and says the same with the recorder, and every library that
# it loads is explained.
. "$TOP/tests/lib.sh"

apache=$(PATH=$PATH:/usr/sbin type -P apache2) || skip "apache2 is not installed"
[ -e /etc/apache2/envvars ] || skip "there is no /etc/apache2/envvars"
# shellcheck disable=SC1091
( set +u; . /etc/apache2/envvars; env ) | grep '^APACHE_' >variables
mapfile -t variables <variables
mkdir -p run
guest env "${variables[@]}" APACHE_RUN_DIR="$PWD/run" APACHE_LOG_DIR="$PWD/run" "$apache" -t
expect_match "it read its configuration" "$(cat plain.err)" 'Syntax OK'
guest env "${variables[@]}" APACHE_RUN_DIR="$PWD/run" APACHE_LOG_DIR="$PWD/run" "$apache" -M
