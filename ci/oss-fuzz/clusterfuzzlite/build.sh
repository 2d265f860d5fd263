#!/bin/bash -eu
exec "$SRC/smtpspec/ci/oss-fuzz/build.sh"
