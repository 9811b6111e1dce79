import pytest
@pytest.mark.usefixtures("demo_data")
def test_x():
    from procedures.models import GuidanceTree
    from procedures.guidance.services import faults_today, shipped
    print(GuidanceTree.objects.count())
