from rheobase import *

monitor = StateMonitor("cells", "v", record=True)
