from rheobase import *

seed(1.5)
