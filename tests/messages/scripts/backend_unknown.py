from rheobase import *

set_backend("lvm")
